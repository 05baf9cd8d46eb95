//! A loop on Zig's standard library. Runtimes for Zig are on GitHub only, not in a registry.

const std = @import("std");

pub fn main(init: std.process.Init) !void {
    const gpa = std.heap.smp_allocator;
    const address = init.environ_map.get("AWS_LAMBDA_RUNTIME_API") orelse return error.NoAddress;
    var client: std.http.Client = .{ .allocator = gpa, .io = init.io };
    var memory: std.heap.ArenaAllocator = .init(gpa);
    while (true) {
        defer _ = memory.reset(.retain_capacity);
        const arena = memory.allocator();
        const base = "http://{s}/2018-06-01/runtime/invocation/";
        const next = try std.fmt.allocPrint(arena, base ++ "next", .{address});
        var get = try client.request(.GET, try std.Uri.parse(next), .{});
        try get.sendBodiless();
        var response = try get.receiveHead(&.{});
        var id: []const u8 = "";
        var headers = response.head.iterateHeaders();
        while (headers.next()) |header| {
            if (std.ascii.eqlIgnoreCase(header.name, "lambda-runtime-aws-request-id"))
                id = try arena.dupe(u8, header.value);
        }
        var buffer: [4096]u8 = undefined;
        const event = try response.reader(&buffer).allocRemaining(arena, .unlimited);
        get.deinit(); // its connection is free for the response

        const path = try std.fmt.allocPrint(arena, base ++ "{s}/response", .{ address, id });
        var post = try client.request(.POST, try std.Uri.parse(path), .{});
        defer post.deinit();
        try post.sendBodyComplete(event);
        const accepted = try post.receiveHead(&.{});
        if (accepted.head.status != .accepted) return error.NotAccepted;
    }
}
