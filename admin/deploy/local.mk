# What a machine needs around the program: units of systemd, with the real paths in them.
# systemd reads /usr/local/lib/systemd/system and /lib/systemd/system alike.
systemdunitdir = $(prefix)/lib/systemd/system
nodedir = /srv/orrery
hostdir = /srv/orrery-host
backupdir = /var/backups/orrery

UNITS_IN = admin/deploy/systemd/orrery.service.in admin/deploy/systemd/orrery.socket.in \
	admin/deploy/systemd/orrery-host.service.in admin/deploy/systemd/orrery-backup.service.in
UNITS = $(UNITS_IN:.in=)
nodist_systemdunit_DATA = $(UNITS)
dist_systemdunit_DATA = admin/deploy/systemd/orrery-backup.timer
CLEANFILES += $(UNITS)
EXTRA_DIST += $(UNITS_IN) admin/deploy/Caddyfile admin/deploy/Caddyfile.host \
	admin/deploy/build-deb admin/deploy/cloud-init.yaml admin/deploy/debian admin/deploy/docker

$(UNITS): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) admin/deploy/systemd && sed -e 's|[@]bindir@|$(bindir)|g' \
		-e 's|[@]nodedir@|$(nodedir)|g' -e 's|[@]hostdir@|$(hostdir)|g' \
		-e 's|[@]backupdir@|$(backupdir)|g' $(srcdir)/$@.in > $@.part && mv $@.part $@

# The command line's own table, as a manual page and as completion.
nodist_man_MANS = admin/deploy/orrery.1
completiondir = $(datadir)/bash-completion/completions
nodist_completion_DATA = admin/deploy/orrery
CLEANFILES += admin/deploy/orrery.1 admin/deploy/orrery

admin/deploy/orrery.1: orrery$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) admin/deploy && ./orrery$(EXEEXT) --man > $@.part && mv $@.part $@
admin/deploy/orrery: orrery$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) admin/deploy && ./orrery$(EXEEXT) --completion > $@.part && mv $@.part $@
