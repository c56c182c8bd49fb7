# sources of node/tools

# Build tools: C in, C out, nothing but libc.
noinst_PROGRAMS += node/tools/tmplc node/tools/embed
node_tools_tmplc_SOURCES = node/tools/tmplc.c
node_tools_embed_SOURCES = node/tools/embed.c
LINTS += tests/lint/tmplc.sh
