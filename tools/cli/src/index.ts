export { createConfigurationPage } from './configuration/page';
export { loadSchemas } from './configuration/schemas';
export { openParked, type OpenedParked } from './parked/open';
