# Usher: `make run` starts the whole product in demo mode, `make test` checks it.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
STREAMS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/usher/streams
CHAOS   ?= 10000

# Up to three failed tests are tried once more, alone, and reported as flaky
# (docs/decisions/015). A data race, a panic or a fourth failure is final.
RETRY = $(CURDIR)/build/gotestsum --rerun-fails=1 --rerun-fails-max-failures=3 --rerun-fails-abort-on-data-race --rerun-fails-run-root-test \
	--rerun-fails-report=$(CURDIR)/build/flaky-$@.txt

.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: deps-run build streams ## install what is missing, build, and start the demo
	@exec bin/usherd -demo

run-paid: deps-run build streams ## the demo as at a real service: free films play, the others want an account or to be paid
	@exec bin/usherd -demo -paid

build: ## build bin/usherd, bin/usher, bin/usher-boot, bin/usher-release and bin/boxoffice (no cgo, no node)
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/usherd ./cmd/usher ./cmd/usher-boot ./cmd/usher-release ./cmd/boxoffice

streams: ## make the demo's HLS streams with ffmpeg, once
	@cmd/boxoffice/make-streams.sh "$(STREAMS)"

test: deps-test build/gotestsum ## install what is missing and run all tests, with the race detector
	$(RETRY) --format standard-quiet --packages ./... -- -race -shuffle=on -timeout 20m
	cd tools && $(GO) vet ./... && $(GO) run ./web -check && $(GO) test ./deb

build/e2e-npm/node_modules/axe-core/axe.min.js:
	@mkdir -p build/e2e-npm && cd build/e2e-npm && npm install --no-audit --no-fund --silent --prefix . axe-core@4.14.1

build/gotestsum: tools/go.mod
	cd tools && $(GO) build -o $(CURDIR)/$@ gotest.tools/gotestsum

# Without npm the test of accessibility says that it is skipped, and why.
e2e: deps-test build build/gotestsum streams ## the demo, driven by key presses in a real Chromium with the real mpv
	@$(MAKE) -s build/e2e-npm/node_modules/axe-core/axe.min.js || true
	cd tools && $(RETRY) --format standard-verbose --packages ./e2e -- -count=1 -timeout 30m

e2e-languages: deps-test build streams ## the evening of a family, with phone, child and purchase, in the other four languages (5 minutes)
	cd tools && $(GO) test -count=1 -v -timeout 30m ./e2e -run TestAnEvening -evenings de,id,th,zh-Hans

e2e-players: deps-test build ## examine Debian's players, play CHAOS=10000 random sequences, write docs/players.md
	@CHAOS=$(CHAOS) player/lab/e2e.sh

e2e-cache: deps-cache build ## play every kind of stream through the cache with Debian's players, write the matrix into docs/cache.md (5 minutes)
	@cmd/boxoffice/make-streams.sh -short "$(CURDIR)/build/streams-short"
	cd tools && $(GO) run ./e2e/cache -streams "$(CURDIR)/build/streams-short" -out "$(CURDIR)/docs/cache.md"

e2e-pairing: deps-pairing ## pair, renew, revoke and be robbed against npm oidc-provider and a software TPM (a minute)
	cd tools/oidc && npm install --no-package-lock --no-audit --no-fund --silent
	$(GO) test -count=1 -timeout 10m ./cmd/usher -run TestPairOverSSH
	USHER_E2E_PAIRING=1 $(GO) test -count=1 -timeout 10m ./internal/account ./device/keys/... ./device/pairing
	$(MAKE) --no-print-directory build
	cd tools && $(GO) test -count=1 -timeout 10m ./e2e -run 'Pair|Declined|NoCode|Rights|Account|Stolen|Handover|ABoxFrom'

e2e-rauc: deps-rauc ## updates through Debian's RAUC on loop devices: a whole box, broken releases, power cuts (root; ten minutes)
	USHER_E2E_RAUC=1 $(GO) test -count=1 -v -timeout 40m -parallel 5 ./firmware/rauc ./firmware/oem -run 'TestDebiansRAUC|TestRAUCReads'

e2e-vm: deps-vm streams ## HDMI-CEC on a real kernel, in QEMU from Debian packages: cec-compliance and what it leaves out
	@tools/vm/e2e.sh

e2e-vm-wifi: deps-vm deps-appliance ## Wi-Fi in QEMU: Debian's NetworkManager and iwd on the kernel's own radios (root; ten minutes)
	@tools/vm/wifi.sh

# CASES="update cuts:7" runs some of them, and takes the images of the run before.
e2e-appliance: deps-appliance streams ## a whole box in QEMU: a brand, updates over real reboots, broken releases, power cuts, the same with RAUC and GRUB (root; two hours)
	cd tools && $(GO) build -o "$(CURDIR)/build/appliance-bench" ./vm/appliance && \
		"$(CURDIR)/build/appliance-bench" $(if $(CASES),-keep $(CASES))

e2e-loaders: deps-loaders ## slots on Debian's GRUB, U-Boot and systemd-boot themselves, in QEMU (two minutes)
	@tools/vm/loaders.sh

screenshots: deps-pictures build streams ## remake the pictures in docs/img that the documents name
	rm -rf build/pictures
	cd tools && $(GO) test -count=1 -timeout 30m ./e2e -screenshots=$(CURDIR)/build/pictures
	pngquant --force --ext .png --speed 1 --quality 60-90 build/pictures/*.png
	cd build/pictures && for p in *.png; do ! grep -q "img/$$p" $(CURDIR)/README.md $(CURDIR)/docs/*.md || cp "$$p" $(CURDIR)/docs/img/; done

monkey: deps-test build streams ## 20,000 keys at random on the demo's page (MONKEY=N SEED=N)
	cd tools && $(GO) test -count=1 -v -timeout 60m ./e2e -run TestMonkey -monkey=$(or $(MONKEY),20000) -seed=$(or $(SEED),8)

storm: deps-test build streams ## kill the daemon at every moment of pairing, paying, first start and others (10 minutes; STORM=buy,pin: at some)
	cd tools && $(GO) test -count=1 -v -timeout 30m ./e2e -run TestStorm -storm $(or $(STORM),all)

hands: deps-test build streams ## look at every page of a phone in five languages, held in five ways; pictures in build/hands (4 minutes)
	cd tools && $(GO) test -count=1 -v -timeout 30m ./e2e -run 'TestHandInEveryState|TestPhonePages|TestPhoneCodeOnTheScreen|TestPhoneWears' -hands $(CURDIR)/build/hands -handlangs en,de,zh-CN,id,th

tv: deps-tv build streams ## Xvfb, mpv and a kiosk Chromium together: one picture of the film under the overlay
	@tools/tv/tv.sh bin/usherd docs/img/tv.png
	pngquant --force --ext .png --speed 1 --quality 60-90 docs/img/tv.png

# A folder of pictures and the tests that come by the screens.
MOMENTS := $(GO) test -count=1 -timeout 30m ./e2e -run TestPicturesOfMoments -screens=$(CURDIR)/docs/screens
SCREENS := $(GO) test -count=1 -timeout 30m ./e2e -run TestPicturesOfScreens -screens=$(CURDIR)/docs/screens

screens: deps-pictures build streams ## remake docs/screens: every screen; home at three sizes and in five languages
	rm -rf docs/screens
	cd tools && $(SCREENS) -sizes 1280x720
	cd tools && $(SCREENS) -sizes 1920x1080,3840x2160 -only home
	cd tools && $(SCREENS) -sizes 1280x720 -languages de,id,th,zh-Hans -only home
	cd tools && $(MOMENTS)
	pngquant --force --ext .png --speed 1 --quality 65-90 docs/screens/*.png

screens-check: deps-test build streams ## hold every screen against its picture in docs/screens
	cd tools && $(SCREENS) -sizes 1280x720 -compare
	cd tools && $(SCREENS) -sizes 1920x1080,3840x2160 -only home -compare
	cd tools && $(SCREENS) -sizes 1280x720 -languages de,id,th,zh-Hans -only home -compare
	cd tools && $(MOMENTS) -compare

cross: ## build for the machines that boxes have; on arm64 the daemon must stay below 20 MB
	@for a in amd64 arm64 arm; do \
		echo "linux/$$a" && CGO_ENABLED=0 GOOS=linux GOARCH=$$a GOARM=7 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/linux-$$a/ ./cmd/... || exit 1; \
	done
	tools/size.sh build/linux-arm64/usherd

deb: ## Debian packages for amd64, arm64 and armhf into build/deb, without root and network, the same bits each time
	cd tools && $(GO) run ./deb -out "$(CURDIR)/build/deb"

source: ## the sources with every module, for Buildroot, Yocto and others that compile without a network, into build/source
	cd tools && $(GO) run ./deb -source -out "$(CURDIR)/build/source"

e2e-deb: deps-deb ## install, upgrade, remove and purge the package on a clean Debian 12 (root; a minute)
	@tools/deb/e2e.sh

lint: ## format, vet, staticcheck, golangci-lint
	@tools/lint.sh

web: ## build the ten-foot page into internal/ui/web/dist (no node needed)
	cd tools && $(GO) run ./web

node-test: ## what needs node: types and unit tests of the page, foreign HLS parsers for the tests
	cd tools/hls-oracle && npm install --no-package-lock --no-audit --no-fund --silent
	cd internal/ui/web && npm ci --no-audit --no-fund --silent && npx tsc --noEmit
	cd tools && $(GO) run ./web -test

bench-cache: build ## compare the cache with nginx, Varnish, Traffic Server, Squid and hls-proxy (4 minutes)
	@tools/bench/cache/install.sh "$(CURDIR)/build/bench-npm"
	cd tools && $(GO) run ./bench/cache -usherd "$(CURDIR)/bin/usherd" -usher "$(CURDIR)/bin/usher" -npm "$(CURDIR)/build/bench-npm" -out "$(CURDIR)/bench/results.md"

# BENCH=-short is a quarter of an hour; USHER_TRACES names a folder with recorded traces (UMass-LIDS/sabre, example/mmsys18).
bench-link: build ## starts, traces, outages and browsing over a home's link, beside mpv, VLC, GStreamer, hls.js and nginx (an hour)
	@tools/bench/link/install.sh "$(CURDIR)/build/bench-npm"
	@tools/bench/link/make-title.sh "$(STREAMS)/../bench-link/title"
	cd tools && $(GO) run ./bench/link -usherd "$(CURDIR)/bin/usherd" -boxoffice "$(CURDIR)/bin/boxoffice" -npm "$(CURDIR)/build/bench-npm" \
		-title "$(STREAMS)/../bench-link/title" -out "$(CURDIR)/bench/results.md" -plots "$(CURDIR)/docs/img" $(BENCH)

bench-bridge: build ## the local API beside Kodi's and mpv's: events to 1, 10 and 100 clients, calls, connecting, memory (5 minutes)
	@tools/bench/api/install.sh
	cd tools && $(GO) build -o "$(CURDIR)/build/bench-api" ./bench/api
	$$(chrt -r 5 true 2>/dev/null && echo chrt -r 5) build/bench-api -usherd "$(CURDIR)/bin/usherd" -out "$(CURDIR)/bench/results.md"

bench-abr: ## the rendition policy over traces, beside others and the offline optimum (5 minutes); USHER_TRACES names the folder of traces
	cd tools && $(GO) run ./bench/abr -root "$(CURDIR)" -traces "$(USHER_TRACES)" -out "$(CURDIR)/bench/results.md" -svg "$(CURDIR)/docs/img/abr.svg"

bench-ui: deps-test build streams ## the page: bytes, first screen, key to focus, memory after 10,000 keys (3 minutes)
	cd tools && $(GO) run ./bench/ui -usherd "$(CURDIR)/bin/usherd" -dist "$(CURDIR)/internal/ui/web/dist" -out "$(CURDIR)/bench/results.md"

bench-remotes: deps-test deps-vm build streams ## a key to the player, waking, frames at rest, memory: on a real kernel and the real mpv (5 minutes)
	cd tools && $(GO) run ./bench/remotes -root "$(CURDIR)" -out "$(CURDIR)/bench/results.md"

# As root, for loop devices. BENCH="-rounds 3" is shorter.
bench-firmware: build ## installing firmware beside Debian's RAUC and SWUpdate, deltas beside casync (root; 5 minutes)
	@tools/bench/firmware/install.sh
	@mkdir -p build && cd tools && $(GO) run ./bench/firmware -root "$(CURDIR)" -usher-release "$(CURDIR)/bin/usher-release" -dir "$(CURDIR)/build" -out "$(CURDIR)/bench/results.md" $(BENCH)

fuzz: ## run every fuzz target for FUZZTIME (20s)
	@tools/fuzz.sh $(or $(FUZZTIME),20s)

deps-run deps-test deps-pictures deps-tv deps-vm deps-appliance deps-loaders deps-cache deps-pairing deps-rauc deps-deb:
	@tools/deps.sh $(@:deps-%=%)

clean: ## remove what was built
	rm -rf bin build

.PHONY: bench-remotes storm deb source e2e-deb help run run-paid build streams test e2e monkey screens screens-check tv bench-ui e2e-players e2e-cache e2e-pairing e2e-rauc e2e-vm e2e-vm-wifi e2e-appliance e2e-loaders screenshots cross lint web node-test bench-cache bench-link bench-bridge bench-abr bench-firmware fuzz deps-run deps-test deps-pictures deps-tv deps-vm deps-appliance deps-loaders deps-cache deps-pairing deps-rauc deps-deb clean e2e-languages
