#!/bin/sh
# The template compiler refuses every place where no escape is safe.
tmplc=./node/tools/tmplc
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0
refuse() {
    printf '{%% page t(struct str x) %%}%s' "$1" > "$dir/t.html"
    if "$tmplc" -o "$dir/t" -i x.h "$dir/t.html" 2>/dev/null; then
        echo "accepted: $1"
        status=1
    fi
}
accept() {
    printf '{%% page t(struct str x) %%}%s' "$1" > "$dir/t.html"
    "$tmplc" -o "$dir/t" -i x.h "$dir/t.html" || status=1
    if ! grep -q "$2" "$dir/t.c"; then
        echo "expected $2 for: $1"
        status=1
    fi
}
refuse '<script>{{ x }}</script>'
refuse '<style>a{{ x }}</style>'
refuse '<a onclick="{{ x }}">b</a>'
refuse '<a style="{{ x }}">b</a>'
refuse '<iframe srcdoc="{{ x }}"></iframe>'
refuse '<a href={{ x }}>b</a>'
refuse '<a {{ x }}="1">b</a>'
refuse '<!-- {{ x }} -->'
refuse '{% if 1 %}<a href="{% end %}'
refuse '{% if 1 %}'
refuse '{% end %}'
refuse 'a < b'
refuse '<a href="{{ _"word" }}">b</a>'
accept '<b>{{ x }}</b>' 'TMPL_TEXT('
accept '<b title="{{ x }}">b</b>' 'TMPL_ATTR('
accept '<a href="{{ x }}">b</a>' 'TMPL_URL('
accept '<a href="/t/{{ x }}">b</a>' 'TMPL_URL_PART('
accept '<input{% if 1 %} checked{% end %}>' 'checked'
exit $status
