# The browser's files: Node is needed to copy them, not to serve them.
FROM node:22-slim AS browser-files
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY scripts/vendor.mjs scripts/
RUN mkdir -p app/web/static && node scripts/vendor.mjs

FROM python:3.12-slim AS python-packages
COPY requirements.txt /build/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt

FROM python:3.12-slim
# Official papers are set in it; PDF/A and PDF/UA embed what they use.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tsunagaru
WORKDIR /srv/tsunagaru
COPY --from=python-packages /opt/venv /opt/venv
COPY alembic.ini ./
COPY migrations migrations
COPY geodata geodata
COPY app app
COPY --from=browser-files /build/app/web/static/vendor app/web/static/vendor
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "app", "serve", "--host", "0.0.0.0", "--port", "8000"]
