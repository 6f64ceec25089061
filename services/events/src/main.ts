import { createAmqpBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createEventsService } from './app';
import { loadConfig } from './config';

void runService({ name: 'events', loadConfig, create: createEventsService, openBus: createAmqpBus });
