# sources of node/http
