using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Winnow.Engine;

namespace Winnow.Native;

/// <summary>The library itself: versions, errors, devices, cancels and the end.</summary>
internal static unsafe class LibraryExports
{
    /// <summary>Rises with every change that a program compiled against an older header could notice.</summary>
    public const uint AbiVersion = 2;

    [UnmanagedCallersOnly(EntryPoint = "winnow_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint AbiVersionOf() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "winnow_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Version(byte* buffer, nuint size, nuint* length) => Failure.Guard(() =>
    {
        Version version = typeof(WinnowEngine).Assembly.GetName().Version!;
        return Memory.WriteText(version.ToString(3), buffer, size, length);
    });

    /// <summary>Keeps the message, whatever becomes of this call.</summary>
    [UnmanagedCallersOnly(EntryPoint = "winnow_last_error", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status LastError(byte* buffer, nuint size, nuint* length)
    {
        string message = Failure.Message;
        Status status = Failure.Guard(() => Memory.WriteText(message, buffer, size, length));
        Failure.Restore(message);
        return status;
    }

    /// <summary>Keeps the object's message, whatever becomes of this call.</summary>
    [UnmanagedCallersOnly(EntryPoint = "winnow_object_error", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status ObjectError(ulong target, byte* buffer, nuint size, nuint* length) =>
        Failure.Guard(() => Memory.WriteText(Handles.MessageOf(target), buffer, size, length));

    [UnmanagedCallersOnly(EntryPoint = "winnow_kv_policies", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status KvPolicies(byte* buffer, nuint size, nuint* length) =>
        Failure.Guard(() => Memory.WriteText(Descriptions.Policies(), buffer, size, length));

    [UnmanagedCallersOnly(EntryPoint = "winnow_devices", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Devices(byte* buffer, nuint size, nuint* length) =>
        Failure.Guard(() => Memory.WriteText(Descriptions.Devices(), buffer, size, length));

    [UnmanagedCallersOnly(EntryPoint = "winnow_shutdown", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Shutdown(nuint* leaked) => Failure.Guard(() =>
    {
        List<object> targets = Handles.RemoveAll();
        int count = targets.Count;
        string kinds = string.Join(", ", targets.GroupBy(target => Handles.KindOf(target.GetType())).OrderBy(kind => kind.Key)
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Count()} x {kind.Key}")));
        foreach (object target in targets.OrderBy(target => target is Generation ? 0 : target is Session ? 1 : 2))
        {
            (target as IDisposable)?.Dispose();
        }

        // What was freed goes back to the system now, not when the collector would next have come to it.
        targets.Clear();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (leaked != null)
        {
            *leaked = (nuint)count;
        }

        Failure.Report(Status.Ok, count == 0 ? "" : $"These were not freed: {kinds}.");
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_cancel_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status CancelCreate(ulong* cancel) => Failure.Guard(() =>
    {
        Memory.Need(cancel, nameof(cancel));
        *cancel = Handles.Add(new CancellationTokenSource());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_cancel_request", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status CancelRequest(ulong cancel) => Failure.Guard(() =>
    {
        Handles.Get<CancellationTokenSource>(cancel).Cancel();
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_cancel_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status CancelFree(ulong cancel) => Failure.Guard(() =>
    {
        // Not disposed: a call that still uses it may run in another thread, and it holds nothing but memory.
        Handles.Remove<CancellationTokenSource>(cancel);
        return Status.Ok;
    });

    /// <summary>The token of a cancel; a null handle is none.</summary>
    internal static CancellationToken TokenOf(ulong cancel) =>
        cancel == 0 ? CancellationToken.None : Handles.Get<CancellationTokenSource>(cancel).Token;
}
