# The image of another release: the platform's image with other code and migrations.
ARG IMAGE
FROM ${IMAGE}
COPY dist/bundled dist
COPY apps/users/prisma/migrations apps/users/prisma/migrations
