using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Engine;

namespace Winnow.Native;

/// <summary>Sessions: sequences of tokens that stay.</summary>
internal static unsafe class SessionExports
{
    [UnmanagedCallersOnly(EntryPoint = "winnow_session_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Create(ulong engine, ulong* session) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        Memory.Need(session, nameof(session));
        *session = Handles.Add(target.CreateSession());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_create_with", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status CreateWith(ulong engine, byte* options, nuint optionsLength, ulong* session) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        Memory.Need(session, nameof(session));
        *session = Handles.Add(target.CreateSession(OptionTexts.Session(Memory.ReadText(options, optionsLength, nameof(options)))));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Free(ulong session) => Failure.Guard(() =>
    {
        Wait(Handles.Remove<Session>(session).DisposeAsync().AsTask());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_append_text", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status AppendText(ulong session, byte* text, nuint textLength, ulong cancel) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        Wait(target.AppendAsync(Memory.ReadText(text, textLength, nameof(text)), LibraryExports.TokenOf(cancel)));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_append_tokens", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status AppendTokens(ulong session, int* tokens, nuint count, ulong cancel) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        int[] read = Memory.Read(tokens, count, nameof(tokens)).ToArray();
        Wait(target.AppendAsync(read, LibraryExports.TokenOf(cancel)));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_tokens", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Tokens(ulong session, int* tokens, nuint capacity, nuint* count) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        return Memory.Write<int>(target.Tokens.ToArray(), tokens, capacity, count);
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_fork", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Fork(ulong session, ulong* fork) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        Memory.Need(fork, nameof(fork));
        *fork = Handles.Add(target.ForkAsync().GetAwaiter().GetResult());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_rollback", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Rollback(ulong session, nuint count) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        if (count > (nuint)target.Length)
        {
            throw new ArgumentException($"The session has {target.Length} tokens; {count} cannot be taken off.");
        }

        Wait(target.RollbackAsync((int)count));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_freeze", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Freeze(ulong session) => Failure.Guard(() =>
    {
        Wait(Handles.Get<Session>(session).FreezeAsync());
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_usage", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status UsageOf(ulong session, KvUsageFigures* usage) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        Memory.NeedStructure(usage, usage == null ? 0 : usage->StructSize, sizeof(KvUsageFigures), nameof(usage));
        KvUsage held = target.MeasureAsync().GetAwaiter().GetResult();
        *usage = new KvUsageFigures
        {
            StructSize = usage->StructSize,
            Bytes = held.Bytes,
            FullBytes = held.FullBytes,
            Kept = held.Kept,
            Tokens = held.Tokens,
            Layers = held.SlotsOfLayers.Count,
        };
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_slots", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Slots(ulong session, double* slots, nuint capacity, nuint* count) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        return Memory.Write<double>(target.MeasureAsync().GetAwaiter().GetResult().SlotsOfLayers.ToArray(), slots, capacity, count);
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_save", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Save(ulong session, byte* path, nuint pathLength) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        string file = Memory.ReadName(path, pathLength, nameof(path));

        // What cannot be finished leaves an older file as it was.
        string unfinished = file + ".unfinished";
        try
        {
            using (FileStream stream = File.Create(unfinished))
            {
                Wait(target.SaveAsync(stream));
            }

            File.Move(unfinished, file, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }

        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_restore", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Restore(ulong engine, byte* path, nuint pathLength, ulong* session) => Failure.Guard(() =>
        Restored(engine, Memory.ReadName(path, pathLength, nameof(path)), "", session));

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_restore_with", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status RestoreWith(
        ulong engine, byte* path, nuint pathLength, byte* options, nuint optionsLength, ulong* session) => Failure.Guard(() =>
        Restored(engine, Memory.ReadName(path, pathLength, nameof(path)), Memory.ReadText(options, optionsLength, nameof(options)), session));

    private static Status Restored(ulong engine, string path, string options, ulong* session)
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        Memory.Need(session, nameof(session));
        KvPolicy? policy = OptionTexts.Session(options);
        using FileStream stream = File.OpenRead(path);
        *session = Handles.Add(target.RestoreSessionAsync(stream, policy).GetAwaiter().GetResult());
        return Status.Ok;
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
