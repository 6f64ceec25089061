import { createAmqpBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createRealtimeService } from './app';
import { loadConfig } from './config';

void runService({ name: 'realtime', loadConfig, create: createRealtimeService, openBus: createAmqpBus });
