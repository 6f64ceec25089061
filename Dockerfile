# One image for every service; the command says which one runs. Plain tags, nothing downloaded but npm packages.
FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json ./
COPY shared/contracts/package.json shared/contracts/
COPY shared/core/package.json shared/core/
COPY shared/http/package.json shared/http/
COPY shared/bus/package.json shared/bus/
COPY shared/mongo/package.json shared/mongo/
COPY shared/service/package.json shared/service/
COPY shared/testing/package.json shared/testing/
COPY services/users/package.json services/users/
COPY services/posts/package.json services/posts/
COPY services/events/package.json services/events/
COPY services/chat/package.json services/chat/
COPY services/notification/package.json services/notification/
COPY services/realtime/package.json services/realtime/
COPY gateway/package.json gateway/
COPY embedded/mongo/package.json embedded/mongo/
COPY embedded/launcher/package.json embedded/launcher/
COPY client/package.json client/
COPY web/package.json web/
COPY tests/boundaries/package.json tests/boundaries/
COPY tests/chaos/package.json tests/chaos/
COPY tests/e2e/package.json tests/e2e/
COPY tests/support/package.json tests/support/
COPY tools/bench/package.json tools/bench/
COPY tools/cli/package.json tools/cli/
COPY tools/screenshots/package.json tools/screenshots/
COPY tools/stack/package.json tools/stack/

FROM manifests AS build
# The same installation as on a developer's machine, noted as done, so that the build below does not repeat it.
COPY scripts/setup.mjs scripts/
RUN node --input-type=module -e "import { install } from './scripts/setup.mjs'; install()"
COPY . .
# What the last build made is kept beside the layers, so that a changed file costs seconds.
RUN --mount=type=cache,id=linsta-build,target=/cache \
    tar -xf /cache/built.tar 2>/dev/null; \
    npm run build && \
    tar -cf /cache/built.tar $(find . -name dist -maxdepth 3 -type d -not -path './node_modules/*')

# Only what runs: no compiler, no test tools, no browser packages, no embedded store.
FROM manifests AS packages
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
      -w shared/contracts -w shared/core -w shared/http -w shared/bus -w shared/mongo -w shared/service -w gateway -w tools/cli \
      -w services/users -w services/posts -w services/events -w services/chat -w services/notification -w services/realtime

FROM node:24-bookworm-slim
# docs/decisions/06-node-flags.md
ENV NODE_ENV=production HOST=0.0.0.0 NODE_OPTIONS="--max-semi-space-size=32 --v8-pool-size=0"
WORKDIR /app
COPY --from=packages /app/package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/shared shared
COPY --from=packages /app/services services
COPY --from=packages /app/gateway gateway
COPY --from=packages /app/tools/cli tools/cli
COPY --from=build /app/shared/contracts/dist shared/contracts/dist
COPY --from=build /app/shared/core/dist shared/core/dist
COPY --from=build /app/shared/http/dist shared/http/dist
COPY --from=build /app/shared/bus/dist shared/bus/dist
COPY --from=build /app/shared/mongo/dist shared/mongo/dist
COPY --from=build /app/shared/service/dist shared/service/dist
COPY --from=build /app/services/users/dist services/users/dist
COPY --from=build /app/services/posts/dist services/posts/dist
COPY --from=build /app/services/events/dist services/events/dist
COPY --from=build /app/services/chat/dist services/chat/dist
COPY --from=build /app/services/notification/dist services/notification/dist
COPY --from=build /app/services/realtime/dist services/realtime/dist
COPY --from=build /app/gateway/dist gateway/dist
COPY --from=build /app/tools/cli/dist tools/cli/dist
COPY --from=build /app/web/dist web/dist
COPY scripts/healthcheck.mjs scripts/
COPY tools/cli/bin/linsta /usr/local/bin/linsta
USER node
CMD ["node", "gateway/dist/main.js"]
