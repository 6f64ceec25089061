import { useState, type ReactNode } from 'react';
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
import { lengthOf } from './links';

type Look = 'primary' | 'quiet' | 'icon' | 'on' | 'wide' | 'jump' | 'back' | 'liked' | 'pill' | 'reaction' | 'action' | 'quote';

/** A button in one of the house's looks. */
export function Button({ look = [], ...props }: Omit<ButtonProps, 'className'> & { look?: Look[] }) {
  return <AriaButton {...props} className={['button', ...look].join(' ')} />;
}

/** A labelled text field. What `error` says of `path` stands below it until the person types. */
export function Field({
  label,
  error,
  path,
  hint,
  multiline,
  maxLength,
  placeholder = '',
  autoComplete = 'off',
  ...props
}: Omit<TextFieldProps, 'className' | 'children' | 'maxLength'> & {
  label: string;
  error?: LinstaError | undefined;
  path?: string;
  hint?: string;
  multiline?: boolean;
  maxLength?: number;
  placeholder?: string;
  autoComplete?: string;
}) {
  const [typedSince, setTypedSince] = useState<LinstaError>();
  const fault = typedSince === error ? undefined : error?.errors.find((entry) => entry.path === path)?.message;
  const left = maxLength === undefined ? Infinity : maxLength - lengthOf(props.value ?? '');
  const onChange = (value: string) => {
    setTypedSince(error);
    props.onChange?.(value);
  };
  return (
    <TextField {...props} onChange={onChange} isInvalid={fault !== undefined || left < 0} className="field" validationBehavior="aria">
      <Label>{label}</Label>
      {multiline === true ? (
        <TextArea className="input" placeholder={placeholder} dir="auto" />
      ) : (
        <Input className="input" placeholder={placeholder} autoComplete={autoComplete} dir="auto" />
      )}
      {hint !== undefined && (
        <Text slot="description" className="soft small">
          {hint}
        </Text>
      )}
      <CharactersLeft left={left} of={maxLength ?? 0} />
      {fault !== undefined && <FieldError className="field-error">{fault}</FieldError>}
    </TextField>
  );
}

/** Shown near a limit and beyond it. */
export function CharactersLeft({ left, of }: { left: number; of: number }) {
  if (left > of / 8) return null;
  return (
    <span className={`small ${left < 0 ? 'field-error' : 'soft'}`} role="status">
      {left < 0
        ? `${-left} ${left === -1 ? 'character' : 'characters'} too many`
        : `${left} ${left === 1 ? 'character' : 'characters'} left`}
    </span>
  );
}

/** A failure that belongs to no field of a form. */
export const isWholeForm = (error: LinstaError | undefined): error is LinstaError => error !== undefined && error.errors.length === 0;

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
