import { createInternalClient, createPublicApp, createTokenVerifier } from '@linsta/http';
import { createOutboxRelay, createParkingStore, createUserDirectory, useDatabase } from '@linsta/mongo';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import { createComments } from './comments';
import type { PostsConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createLikes } from './likes';
import { createModels } from './model';
import { createPosts } from './posts';
import { createRoutes } from './routes';

/** Posts, likes and comments, and the events that they cause. */
export function createPostsService(config: PostsConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return defineService('posts', config, deps, (host) => {
    const { now, tokens, health } = host;
    const database = useDatabase(host, config);
    const users = createInternalClient({ service: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    host.onStop('clients', () => users.close());
    const models = createModels(database.connection);
    const directory = createUserDirectory({ connection: database.connection, users });
    const likeRelay = createOutboxRelay({ model: models.Likes, routedBy: 'postId', bus, logger });
    const commentRelay = createOutboxRelay({ model: models.Comments, routedBy: 'postId', bus, logger });
    host.onStop('outbox', () => Promise.all([likeRelay.stop(), commentRelay.stop()]));

    const posts = createPosts({ models, directory, now });
    const likes = createLikes({ models, posts, directory, relay: likeRelay, now });
    const comments = createComments({ models, posts, directory, relay: commentRelay, now });
    return {
      clients: createPublicApp({
        service: 'posts',
        handlers: createRoutes({ posts, likes, comments }),
        verifyToken: createTokenVerifier(config),
        logger,
        health,
      }),
      consumes: { queue: QUEUE, handlers: createConsumers({ directory }), parking: createParkingStore(database.connection) },
      async prepare() {
        await database.buildIndexes();
        likeRelay.start();
        commentRelay.start();
      },
    };
  });
}
