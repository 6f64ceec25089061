import { openServiceBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createEventsService } from './app';
import { env } from './config';

void runService({ name: 'events', schema: env, create: createEventsService, openBus: openServiceBus });
