import { useState } from 'react';
import { Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { EMOJI } from './emoji';

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button look={['quiet', 'icon']} aria-label="Emoji">
        <Icon name="smile" />
      </Button>
      <Popover className="popover" placement="top start">
        <Dialog aria-label="Emoji" className="emoji-grid">
          {EMOJI.map((emoji, at) => (
            <Button
              look={['quiet', 'icon']}
              key={emoji}
              autoFocus={at === 0}
              onPress={() => {
                onPick(emoji);
                setOpen(false);
              }}
            >
              {emoji}
            </Button>
          ))}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
