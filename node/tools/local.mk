# sources of node/tools
