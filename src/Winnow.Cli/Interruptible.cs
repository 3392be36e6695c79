using System;
using System.Threading;
using System.Threading.Tasks;

namespace Winnow.Cli;

/// <summary>
/// Work that cannot be asked to stop, such as a kernel on the simulator: whoever presses Ctrl-C is answered at once, and the work ends with
/// the process. What it holds is not disposed before, since it may be in the middle of it.
/// </summary>
internal static class Interruptible
{
    public static Task<int> RunAsync(Func<int> work, CancellationToken cancellationToken) =>
        RunAsync(() => Task.FromResult(work()), cancellationToken);

    // Work that is quick enough would be over before anybody looks whether it is still wanted.
    public static Task<int> RunAsync(Func<Task<int>> work, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<int>(cancellationToken)
            : Task.Run(work, CancellationToken.None).WaitAsync(cancellationToken);
}
