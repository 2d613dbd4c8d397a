# The project's one image: every Airflow component, MLflow and the `peil` command run on it.
# BASE_IMAGE may be any Debian with Python 3.11-3.13 and its venv module.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}

ARG UV_VERSION=0.13.9
ENV UV_PYTHON_DOWNLOADS=never \
    UV_PYTHON=python3 \
    UV_NO_CACHE=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/peil/.venv/bin:$PATH

# Group 0 owns what is written, so that the container may run under the uid that owns the
# secret files of the host (compose binds them as they are, 0400).
RUN useradd --uid 10001 --gid 0 --no-create-home --home-dir /data peil \
 && install -d -o peil -g 0 -m 0770 /data /outbox \
 && python3 -m venv /opt/uv \
 && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}"

WORKDIR /opt/peil
# The environment is a layer of its own: it changes with the lock file only.
COPY pyproject.toml hatch_build.py uv.lock LICENSE README.md ./
COPY models/pyproject.toml models/
RUN /opt/uv/bin/uv sync --frozen --no-install-workspace --no-default-groups --extra workers

COPY . .
RUN /opt/uv/bin/uv sync --frozen --no-default-groups --extra workers

ENV PEIL_DATA=/data \
    DO_NOT_TRACK=true \
    HOME=/data
USER peil
VOLUME /data
CMD ["peil", "--help"]
