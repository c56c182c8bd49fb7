# sources of node/db
