# sources of tests
LINTS += tests/lint/arrows.sh tests/lint/banned.sh tests/lint/body.sh tests/lint/contracts.sh \
	tests/lint/sizes.sh
