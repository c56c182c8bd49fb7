# sources of node/people
