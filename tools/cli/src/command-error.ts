/** A command that cannot be carried out, for the reason in the message. */
export class CommandError extends Error {}
