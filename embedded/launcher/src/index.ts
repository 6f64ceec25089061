export { startStack, MissingPartError, type Member, type Stack } from './stack';
export { createSupervised, type Supervised } from './supervised';
export { startAllInOne, type AllInOne, type AllInOneOptions } from './all-in-one';
export { DEMO_USERS, ensureDemoUsers } from './demo-users';
