import { busHealth } from '@linsta/service';

test('when the bus was never there, then a service is starting; when it goes later, then it is degraded', () => {
  const bus = { healthy: jest.fn(() => false) };
  const state = busHealth(bus);
  expect(state()).toBe('starting');
  bus.healthy.mockReturnValue(true);
  expect(state()).toBe('ok');
  bus.healthy.mockReturnValue(false);
  expect(state()).toBe('degraded');
});
