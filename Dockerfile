# The service alone: its database is a PostgreSQL 15 or later that DATABASE_URL names. Its keys are in the volume: back
# them up apart from the database, and give all processes of one service the same.
#
#   docker build -t subsidy-ledger .
#   docker run -e DATABASE_URL=postgresql://… -v subsidy-keys:/var/lib/subsidy-ledger subsidy-ledger migrate
#   docker run -e DATABASE_URL=postgresql://… -v subsidy-keys:/var/lib/subsidy-ledger -p 8080:8080 subsidy-ledger

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin subsidy-ledger

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-wqy-microhei postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin subsidy \
    && install -d -o subsidy -g subsidy -m 0700 /var/lib/subsidy-ledger
WORKDIR /opt/subsidy-ledger
COPY --from=build /build/target/release/subsidy-ledger /usr/local/bin/subsidy-ledger
COPY config config

USER 10001
ENV SUBSIDY_LEDGER_LISTEN=0.0.0.0:8080 SUBSIDY_LEDGER_DATA=/var/lib/subsidy-ledger
VOLUME /var/lib/subsidy-ledger
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["subsidy-ledger", "doctor", "--live", "http://127.0.0.1:8080"]
ENTRYPOINT ["subsidy-ledger"]
CMD ["serve"]
