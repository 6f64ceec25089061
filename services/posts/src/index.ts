export { createPostsService } from './app';
export { env as configSchema, loadConfig, type PostsConfig } from './config';
