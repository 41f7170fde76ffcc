# Turns CHANGELOG.md into Debian's form.
#
#   awk -f changelog.awk -v version=VERSION -v maintainer='NAME <ADDRESS>' -v date=DATE CHANGELOG.md
#
# What is not released yet gets the version and the date (in RFC 5322's form) from the command line.

# Prints an item as lines of at most 80 characters.
function print_item(text, count, words, i, line) {
  if (text == "") return
  count = split(text, words, /[ \t]+/)
  line = "  *"
  for (i = 1; i <= count; i++) {
    if (length(line) + 1 + length(words[i]) > 80) {
      print line
      line = "   "
    }
    line = line " " words[i]
  }
  print line
}

function end_item() {
  print_item(item)
  item = ""
}

function end_release() {
  end_item()
  if (has_items) printf "\n -- %s  %s\n\n", maintainer, released
  has_items = 0
  kind = ""
}

# The date of a heading, 2026-11-30, in RFC 5322's form.
function rfc5322(day, command, line) {
  command = "LC_ALL=C date --utc --rfc-email --date=" day
  command | getline line
  close(command)
  return line
}

/^## \[/ {
  end_release()
  name = $0
  sub(/^## \[/, "", name)
  sub(/\].*/, "", name)
  if (name == "Unreleased") {
    number = version
    released = date
  } else {
    number = name
    sub(/-/, "~", number)
    if ($NF !~ /^[0-9]+-[0-9][0-9]-[0-9][0-9]$/) {
      printf "CHANGELOG.md: the heading \"%s\" has no date\n", $0 >"/dev/stderr"
      failed = 1
      exit 1
    }
    released = rfc5322($NF)
  }
  in_release = 1
  next
}
!in_release { next }
/^### / {
  end_item()
  kind = substr($0, 5)
  next
}
/^- / {
  end_item()
  if (!has_items) printf "tribunal (%s) unstable; urgency=medium\n\n", number
  else if (kind != "") print ""
  if (kind != "") printf "  [ %s ]\n", kind
  kind = ""
  has_items = 1
  item = substr($0, 3)
  next
}
/^  / && item != "" { item = item " " substr($0, 3) }
END { if (!failed) end_release() }
