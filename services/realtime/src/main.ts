import { openServiceBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createRealtimeService } from './app';
import { env } from './config';

void runService({ name: 'realtime', schema: env, create: createRealtimeService, openBus: openServiceBus });
