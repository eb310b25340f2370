import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { compareCommand } from './compare-command.ts';
import { CommandEnd, type CommandContext, EXIT_MISUSE, EXIT_OK } from './context.ts';
import { failureReport } from './failure.ts';
import { packageFile } from './package-file.ts';
import { runCommand } from './run-command.ts';
import { traceCommand } from './trace-command.ts';

/** The command `usufruct`: parses arguments, runs the subcommand, gives the exit status. */
export async function commandRun(args: readonly string[], context: CommandContext): Promise<number> {
  const program = new Command('usufruct')
    .description('Moves memory between virtual machines at once, on recorded runs of real programs.')
    .version(await packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addCommand(runCommand(context))
    .addCommand(compareCommand(context))
    .addCommand(traceCommand(context))
    .addHelpText('after', '\nExit status: 0 done, 1 the run failed, 2 wrong arguments, scenario or input file.\n');
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text.replace(/^error: /, 'usufruct: ')),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommandEnd) return error.status;
    // Commander has written its message or help already; help asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_MISUSE;
    return failureReport(error, context, args.includes('--json'));
  }
}

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

async function packageVersion(): Promise<string> {
  const text = await readFile(await packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
