export { createPostsService } from './app';
export { loadConfig, type PostsConfig } from './config';
