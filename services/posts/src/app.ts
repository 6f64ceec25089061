import {
  createFramedService,
  createInternalClient,
  createOutboxRelay,
  createParkingStore,
  createPeople,
  type AddressedService,
  type ServiceDeps,
} from '@linsta/server';
import { createComments } from './comments';
import type { PostsConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createLikes } from './likes';
import { createModels } from './model';
import { createPosts } from './posts';
import { createRoutes } from './routes';

/** Posts, likes and comments, and the facts that others are told of them. */
export function createPostsService(config: PostsConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return createFramedService('posts', config, deps, ({ connection, tokens, now, onStop }) => {
    const users = createInternalClient({ neighbour: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    onStop('clients', () => users.close());
    const models = createModels(connection);
    const parking = createParkingStore(connection);
    const people = createPeople({ connection, users });
    const likeRelay = createOutboxRelay({ model: models.Likes, routedBy: 'postId', bus, logger });
    const commentRelay = createOutboxRelay({ model: models.Comments, routedBy: 'postId', bus, logger });
    onStop('outbox', () => Promise.all([likeRelay.stop(), commentRelay.stop()]));
    const posts = createPosts({ models, people, now });
    return {
      routes: createRoutes({
        posts,
        likes: createLikes({ models, posts, people, relay: likeRelay, now }),
        comments: createComments({ models, posts, people, relay: commentRelay, now }),
      }),
      consumes: { queue: QUEUE, handlers: createConsumers({ people }), parking },
      begin() {
        likeRelay.start();
        commentRelay.start();
      },
    };
  });
}
