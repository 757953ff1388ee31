/** Does what its event says, to show how the process around it behaves. */
let invocations = 0;
process.stdout.write('loading\n');

exports.handler = async (event, context) => {
  invocations += 1;
  switch (event.do) {
    case 'count':
      return invocations;
    case 'environment':
      return process.env;
    case 'context':
      return { ...context, remainingMs: context.getRemainingTimeInMillis() };
    case 'echo':
      return event;
    case 'return a date':
      return { date: new Date(0), nothing: undefined };
    case 'print':
      process.stdout.write(`out ${event.text}\n`);
      process.stderr.write(`err ${event.text}\n`);
      return null;
    case 'print much':
      process.stdout.write(`${'x'.repeat(300_000)}\n`);
      return null;
    case 'throw':
      throw Object.assign(new Error(event.message), { name: event.name, code: event.name });
    case 'throw text':
      throw event.message;
    case 'reject and wait':
      setImmediate(() => Promise.reject(new Error('nobody waits')));
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    case 'return a circle': {
      const circle = {};
      circle.self = circle;
      return circle;
    }
    case 'exit':
      return process.exit(event.code);
    case 'kill':
      return process.kill(process.pid, 'SIGKILL');
    case 'wait':
      return new Promise((resolve) => setTimeout(resolve, event.ms));
    default:
      return undefined;
  }
};
