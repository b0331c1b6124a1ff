# The service alone: its database is a PostgreSQL 15 or later that DATABASE_URL names.
#
#   docker build -t subsidy-ledger .
#   docker run -e DATABASE_URL=postgresql://… subsidy-ledger migrate
#   docker run -e DATABASE_URL=postgresql://… -p 8080:8080 subsidy-ledger

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin subsidy-ledger

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin subsidy
WORKDIR /opt/subsidy-ledger
COPY --from=build /build/target/release/subsidy-ledger /usr/local/bin/subsidy-ledger
COPY config config

USER 10001
ENV SUBSIDY_LEDGER_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /livez HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["subsidy-ledger"]
CMD ["serve"]
