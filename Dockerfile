# The server as an image: Python's packages from their locks, the page at /graphql, the program. It runs as a user without
# a name or a shell, and writes to /data alone, so its root can be read-only. `docker build --build-arg EXTRAS= .` leaves
# out what Parquet files, agents and traces need: half of its size.

FROM python:3.11-slim AS packages
WORKDIR /srv/shopgraph
ARG EXTRAS=requirements-extras.txt
COPY requirements.txt requirements-extras.txt ./
RUN python -m venv --without-pip .venv \
    && python -m pip --python .venv/bin/python install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --requirement requirements.txt ${EXTRAS:+--requirement "$EXTRAS"} \
    && rm requirements*.txt

FROM python:3.11-slim AS page
WORKDIR /srv/shopgraph
COPY scripts/page scripts/
COPY web web
RUN python -m venv .venv && scripts/page

FROM python:3.11-slim AS program
WORKDIR /srv/shopgraph
COPY . .
RUN rm -r requirements*.txt scripts web \
    && python -m compileall -q --invalidation-mode unchecked-hash . \
    && mkdir -p /data

FROM python:3.11-slim
LABEL org.opencontainers.image.title="shopgraph" \
      org.opencontainers.image.description="One GraphQL graph over the TikTok Shop data providers" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /srv/shopgraph
COPY --from=packages /srv/shopgraph ./
COPY --from=page /srv/shopgraph/web/dist web/dist
COPY --from=program /srv/shopgraph ./
COPY --from=program --chown=10001:10001 /data /data
ENV PATH=/srv/shopgraph/.venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SHOPGRAPH_DATA_DIR=/data \
    SHOPGRAPH_LOG_FORMAT=json
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["python", "server.py", "--host", "0.0.0.0"]
