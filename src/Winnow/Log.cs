using System;
using Microsoft.Extensions.Logging;

namespace Winnow;

/// <summary>All log messages. Event ids: 1000 loading, 2000 scheduling, 3000 content (level Trace only), 4000 memory.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Loaded {Model} ({Architecture}, {Layers} layers) on {Device} in {Milliseconds} ms")]
    public static partial void ModelLoaded(
        ILogger logger, string model, string architecture, int layers, string device, long milliseconds);

    [LoggerMessage(1001, LogLevel.Debug, "Engine of {Model} closed after {Steps} steps")]
    public static partial void EngineClosed(ILogger logger, string model, long steps);

    [LoggerMessage(1002, LogLevel.Debug, "A session of {Model} was closed after its engine")]
    public static partial void SessionOutlivedEngine(ILogger logger, string model);

    [LoggerMessage(2000, LogLevel.Debug, "Request {Ticket} queued: {Tokens} tokens, {Cached} of them cached")]
    public static partial void RequestQueued(ILogger logger, long ticket, int tokens, int cached);

    [LoggerMessage(2001, LogLevel.Debug, "Request {Ticket} ended with {Tokens} tokens; error: {Error}")]
    public static partial void RequestEnded(ILogger logger, long ticket, int tokens, string? error);

    [LoggerMessage(2002, LogLevel.Error, "A step over {Sequences} sequences failed; their requests end with the error, others go on")]
    public static partial void StepFailed(ILogger logger, Exception exception, int sequences);

    [LoggerMessage(2003, LogLevel.Critical, "The engine stopped after an internal error")]
    public static partial void EngineFailed(ILogger logger, Exception exception);

    [LoggerMessage(2004, LogLevel.Error, "Request {Ticket} could not be undone while the engine stopped")]
    public static partial void RequestNotUndone(ILogger logger, Exception exception, long ticket);

    [LoggerMessage(3000, LogLevel.Trace, "Prompt of {Tokens} tokens: {Prompt}")]
    public static partial void Prompt(ILogger logger, int tokens, string prompt);

    [LoggerMessage(4000, LogLevel.Information, "KV cache: {Pages} pages, {Mebibytes} MiB, contexts of {ContextTokens} tokens")]
    public static partial void CacheAllocated(ILogger logger, int pages, long mebibytes, int contextTokens);

    [LoggerMessage(
        4001, LogLevel.Warning, "The context is cut from {ModelTokens} to {ContextTokens} tokens, because {FreeMebibytes} MiB are free")]
    public static partial void ContextCut(ILogger logger, int modelTokens, int contextTokens, long freeMebibytes);
}
