export { startAllInOne, type AllInOne, type AllInOneOptions } from './all-in-one';
export { DEMO_USERS, ensureDemoUsers } from './demo-users';
