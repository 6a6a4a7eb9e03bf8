# One image for all roles. The binary is built without cgo but needs glibc at run time, because it can load the
# embedded ClickHouse; hence Debian and not a bare image.
FROM node:22-bookworm-slim AS assets
WORKDIR /page
COPY dashboards/page/fetch-charts .
RUN ./fetch-charts

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /page/static/vendor/ dashboards/page/static/vendor/
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=${VERSION}" -o /sellthrough ./cmd/sellthrough

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates tzdata && rm -rf /var/lib/apt/lists/* \
	&& useradd --system --uid 10001 --home-dir /var/lib/sellthrough --create-home sellthrough
COPY --from=build /sellthrough /usr/local/bin/sellthrough
COPY deploy/ready /usr/local/bin/ready
USER sellthrough
WORKDIR /var/lib/sellthrough
VOLUME /var/lib/sellthrough
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/sellthrough"]
CMD ["help"]
