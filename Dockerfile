# The relay alone, without the demo. It listens on all interfaces of its container, which it does only with authorization:
# give it SYNCLINE_JWT_SECRET, SYNCLINE_JWT_JWKS_URL or SYNCLINE_JWT_PUBLIC_KEY_FILE (docs/OPERATING.md).

# Debian, not Alpine: the binaries of the store are made for glibc there.
FROM node:22-bookworm-slim AS build
WORKDIR /relay
COPY . .
RUN npm ci --no-audit --no-fund && npx tsc -b packages/relay

# What the relay needs to run, without what it took to build it.
FROM node:22-bookworm-slim AS dependencies
WORKDIR /relay
COPY package.json package-lock.json ./
COPY packages/core/package.json packages/core/
COPY packages/protocol/package.json packages/protocol/
COPY packages/relay/package.json packages/relay/
RUN npm ci --omit=dev --no-audit --no-fund --workspace @syncline/relay --workspace @syncline/protocol --workspace @syncline/core

FROM node:22-bookworm-slim
ENV NODE_ENV=production SYNCLINE_HOST=0.0.0.0 SYNCLINE_PORT=4455 SYNCLINE_DATA=/data
WORKDIR /relay
COPY --from=dependencies /relay ./
COPY --from=build /relay/packages/core/dist packages/core/dist
COPY --from=build /relay/packages/protocol/dist packages/protocol/dist
COPY --from=build /relay/packages/relay/dist packages/relay/dist
COPY --from=build /relay/packages/relay/bin packages/relay/bin
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4455
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SYNCLINE_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not npm: signals have to reach the relay itself.
ENTRYPOINT ["node", "packages/relay/bin/syncline-relay.js"]
