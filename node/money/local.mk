# sources of node/money
