# sources of node/net
