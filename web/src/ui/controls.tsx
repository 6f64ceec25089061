import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  Dialog,
  FieldError,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextArea,
  TextField,
  type ButtonProps,
  type TextFieldProps,
} from 'react-aria-components';
import type { LinstaError } from '@linsta/client';

type Look = 'primary' | 'quiet' | 'icon' | 'on' | 'wide' | 'jump' | 'back' | 'liked';

/** A button in one of the house's looks. */
export function Button({ look = [], ...props }: Omit<ButtonProps, 'className'> & { look?: Look[] }) {
  return <AriaButton {...props} className={['button', ...look].join(' ')} />;
}

/** A labelled text field; `fault` is what the server said of it. */
export function Field({
  label,
  fault,
  multiline,
  placeholder = '',
  autoComplete = 'off',
  ...props
}: Omit<TextFieldProps, 'className' | 'children'> & {
  label: string;
  fault?: string | undefined;
  multiline?: boolean;
  placeholder?: string;
  autoComplete?: string;
}) {
  return (
    <TextField {...props} isInvalid={fault !== undefined} className="field" validationBehavior="aria">
      <Label>{label}</Label>
      {multiline === true ? (
        <TextArea className="input" placeholder={placeholder} />
      ) : (
        <Input className="input" placeholder={placeholder} autoComplete={autoComplete} />
      )}
      {fault !== undefined && <FieldError className="field-error">{fault}</FieldError>}
    </TextField>
  );
}

export const faultOf = (error: LinstaError | undefined, path: string): string | undefined =>
  error?.errors.find((entry) => entry.path === path)?.message;

/** A dialog over the page; Escape and a click beside it close it. */
export function Sheet({ title, isOpen, onClose, children }: { title: string; isOpen: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal>
        <Dialog className="dialog">
          <Heading slot="title">{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
