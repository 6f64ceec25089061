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
  Text,
  TextArea,
  TextField,
  type ButtonProps,
  type TextFieldProps,
} from 'react-aria-components';
import type { LinstaError } from '@linsta/client';
import { Icon } from './icons';

type Look = 'primary' | 'quiet' | 'icon' | 'on' | 'wide' | 'jump' | 'back' | 'liked';

/** A button in one of the house's looks. */
export function Button({ look = [], ...props }: Omit<ButtonProps, 'className'> & { look?: Look[] }) {
  return <AriaButton {...props} className={['button', ...look].join(' ')} />;
}

/** A labelled text field; `fault` is what the server said of it. */
export function Field({
  label,
  fault,
  hint,
  multiline,
  placeholder = '',
  autoComplete = 'off',
  ...props
}: Omit<TextFieldProps, 'className' | 'children'> & {
  label: string;
  fault?: string | undefined;
  hint?: string;
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
      {hint !== undefined && (
        <Text slot="description" className="soft small">
          {hint}
        </Text>
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
      <Modal className="modal">
        <Dialog className="dialog">
          <div className="dialog-head">
            <Heading slot="title" className="grow">
              {title}
            </Heading>
            <Button look={['quiet', 'icon']} onPress={onClose} aria-label="Close">
              <Icon name="close" />
            </Button>
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
