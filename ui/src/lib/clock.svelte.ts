// The time that relative dates are measured from; moves every fifteen seconds.

class Clock {
  now = $state(Date.now());

  start(): () => void {
    this.now = Date.now();
    const timer = setInterval(() => (this.now = Date.now()), 15_000);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
