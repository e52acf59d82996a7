/** Tells a person how far a run is: one line that is drawn anew on a terminal, a plain line now and then elsewhere. */
export interface Progress {
  /** `done` of `total` units of work are finished; `label` is what comes next. */
  update(done: number, total: number, label: string): void;
  /** Prints a line without disturbing the progress. */
  line(text: string): void;
  end(): void;
}

const barWidth = 24;
/** Milliseconds between plain lines. */
const plainInterval = 10_000;

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function timeLeft(startedAt: number, done: number, total: number): string {
  if (done === 0) return '';
  const elapsed = (performance.now() - startedAt) / 1000;
  return `, ${clock((elapsed / done) * (total - done))} left`;
}

function drawn(stream: NodeJS.WriteStream): Progress {
  const startedAt = performance.now();
  let shown = '';
  const clear = (): void => {
    if (shown !== '') stream.write('\r\u001b[K');
  };
  return {
    update(done, total, label) {
      const filled = Math.floor((done / total) * barWidth);
      const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
      const head = `${bar} ${Math.floor((done / total) * 100)} %${timeLeft(startedAt, done, total)}  `;
      clear();
      shown = head + label.slice(0, Math.max(0, (stream.columns ?? 80) - head.length - 1));
      stream.write(shown);
    },
    line(text) {
      clear();
      stream.write(`${text}\n${shown}`);
    },
    end() {
      clear();
      shown = '';
    },
  };
}

function plain(stream: NodeJS.WriteStream): Progress {
  const startedAt = performance.now();
  let last = startedAt;
  return {
    update(done, total) {
      if (performance.now() - last < plainInterval) return;
      last = performance.now();
      stream.write(`${done} of ${total} done${timeLeft(startedAt, done, total)}\n`);
    },
    line(text) {
      stream.write(`${text}\n`);
    },
    end() {},
  };
}

const silent: Progress = { update() {}, line() {}, end() {} };

/** The kind that suits the stream. */
export function progressOn(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return silent;
  return stream.isTTY && process.env['TERM'] !== 'dumb' ? drawn(stream) : plain(stream);
}
