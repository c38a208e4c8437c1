# The image of the platform with the delivery test's consumer in it.
ARG IMAGE
FROM ${IMAGE}
COPY dist/bundled /app/dist
COPY test/delivery/migrations /app/test/delivery/migrations
