# sources of node/text
