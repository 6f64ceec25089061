export { openParked, type OpenedParked } from './parked-events';
