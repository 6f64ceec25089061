export { MissingPartError, startStack, type Member, type Stack } from './stack';
export { createSupervised, type Supervised } from './supervised';
