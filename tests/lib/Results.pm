# SPDX-License-Identifier: GPL-2.0
#
# What tests/run has prove do besides: it keeps the results, one line a test, in tests/out/results,
# and shows the slowest before the summary. tests/README.md describes the lines.
package Results;
use strict;
use warnings;
use parent 'TAP::Harness';
use POSIX 'strftime';

my $out = 'tests/out';

# The first line of a file that matches.
sub line_of {
	my ($path, $pattern) = @_;
	open my $file, '<', $path or return '';
	while (my $line = <$file>) {
		return $line if $line =~ $pattern;
	}
	return '';
}

# Seconds, and those of processors, as tests/tools/timed noted them.
sub times_of {
	my ($name) = $_[0] =~ m{([^/]+)\.t$};
	my @times = split ' ', line_of("$out/$name/times", qr/^all total /);
	return @times == 4 ? @times[2, 3] : (0, 0);
}

# The seconds that a test says it takes.
sub said_by {
	my ($said) = line_of($_[0], qr/^# Seconds: /) =~ /(\d+)/;
	return $said || 0;
}

sub result_of {
	my ($file, $parser) = @_;
	my ($wall, $cpu) = times_of($file);
	return {
		file => $file,
		result => $parser->has_problems ? 'failed' : 'ok',
		wall => $wall,
		cpu => $cpu,
		tests => $parser->tests_run,
	};
}

# What makes a run differ from the usual one.
sub conditions {
	my @all = ($ENV{SOFTTAP_LONG} ? 'long' : (), $ENV{SOFTTAP_KERNEL} || ());
	return join(',', @all) || '-';
}

sub keep {
	my $date = strftime '%Y-%m-%dT%H:%M:%SZ', gmtime;
	chomp(my $commit = `git describe --always --dirty 2>/dev/null`);
	open my $results, '>>', "$out/results" or die "$out/results: $!\n";
	printf $results "%s %s %s %s %.1f %.1f %d %s\n", $date, $commit || '-',
		conditions(), @{$_}{qw(result wall cpu tests file)} for @_;
	close $results or die "$out/results: $!\n";
}

sub show_slowest {
	my @slowest = sort { $b->{wall} <=> $a->{wall} } @_;
	splice @slowest, 5 if @slowest > 5;
	print "The slowest, in seconds, and CPU seconds:\n";
	printf "  %-32s %6.0f %6.0f\n", @{$_}{qw(file wall cpu)} for @slowest;
}

# What a test says holds for a usual run; a few seconds are nothing to tell.
sub show_slower {
	return if conditions() ne '-';
	for my $test (@_) {
		my $said = said_by($test->{file});
		printf "%s took %.0f seconds, it says %d.\n", $test->{file}, $test->{wall}, $said
			if $test->{wall} > 2 * $said + 5;
	}
}

sub summary {
	my ($self, $aggregate, @rest) = @_;
	my @results = map { result_of($_, $aggregate->parsers($_)) } $aggregate->descriptions;
	keep(@results);
	show_slowest(@results);
	show_slower(@results);
	return $self->SUPER::summary($aggregate, @rest);
}

1;
