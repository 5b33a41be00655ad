# The service. Build: docker build -t registry.example.com/dso-gitops:0.1.0 .
FROM node:22-bookworm-slim AS build
# The packages are in the bundle: who asks for an SBOM finds them in this stage.
ARG BUILDKIT_SBOM_SCAN_STAGE=true
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY src src
COPY templates templates
# Bundles as well: that is its prepare script.
RUN npm ci --no-audit --no-fund
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-bookworm-slim
# Git and ssh do the pushing, ssh-keygen and gpg the signing. ssh refuses to run as a user that has no name.
RUN apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates git openssh-client gpg gpg-agent && \
    rm -rf /var/lib/apt/lists/* && \
    groupadd --gid 65532 dso-gitops && \
    useradd --uid 65532 --gid 65532 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dso-gitops
WORKDIR /app
COPY --from=build /app/package.json package.json
COPY --from=build /app/build build
COPY --from=build /app/templates templates
USER 65532:65532
# V8 would collect a quiet heap again and again to give memory back, seconds of CPU where there are ten thousand workloads; a
# container has its memory anyway.
ENTRYPOINT ["node", "--no-memory-reducer", "/app/build/cli/main.js"]
CMD ["run", "--config", "/etc/dso-gitops/dso-gitops.yaml", "--log-format", "json", "--health-port", "9440"]
