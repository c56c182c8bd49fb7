# sources of node/jobs
