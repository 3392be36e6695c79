using System;
using System.Threading;

namespace Winnow.Native;

/// <summary>Passes progress to the caller's function, which stops loading by anything but 0.</summary>
internal sealed unsafe class ProgressCall(
    delegate* unmanaged[Cdecl]<void*, int, long, long, int> call, void* user, CancellationTokenSource stop) : IProgress<LoadProgress>
{
    public void Report(LoadProgress value)
    {
        if (call(user, (int)value.Stage, value.BytesDone, value.BytesTotal) != 0)
        {
            stop.Cancel();
        }
    }
}
